-- == config
-- {"materialized": "incremental"}
-- == before
create table landed as select 1 as rowid;
-- == incoming
select 1 as rowid
-- == error
-- a column called rowid cannot be in main.landed: it hides what tells the rows of a batch from others
-- rename it in the query
