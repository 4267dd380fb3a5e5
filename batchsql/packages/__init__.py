"""Packages of dbt: what a project asks for, resolved to versions, locked, and installed into its folder.

`install(folder, ...)` is the whole of it. Reading what is installed is the project's business.
"""
