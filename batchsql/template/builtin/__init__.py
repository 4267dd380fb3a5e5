"""The built-in macros, as a package named `dbt`: one file a family, read when one of them is asked for."""
