"""`python -m batchsql` is the same as `batchsql`."""

from batchsql.cli import main

main()
