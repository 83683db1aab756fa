"""Two worker hosts, as network namespaces, against one broker and one database."""
