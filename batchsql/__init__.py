"""batchsql: SQL batch processing for data warehouses. Every batch is one transaction: data, verdicts, ledger entry."""

__version__ = "0.1.0"
