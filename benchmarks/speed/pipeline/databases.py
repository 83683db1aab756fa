"""Databases beside the shop's, on the server that all contenders share."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.speed.offering import products


def create_database(env: Mapping[str, str], name: str) -> str:
    """Its URL."""
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(env["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def fill(url: str, table: str, columns: Mapping[str, object]) -> None:
    """With the products: a row each, of what is told of it and of constants."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(copy) as rows:
        for row in _rows(columns.values()):
            rows.write_row(row)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))


class Told:
    """What `products()` says, instead of a constant."""

    ID, TITLE, IMAGE, VERSION = (object() for _ in range(4))


def _rows(columns: Iterable[object]) -> Iterable[list[object]]:
    chosen = list(columns)
    for product, title, image, version in products():
        told = {Told.ID: product, Told.TITLE: title, Told.IMAGE: image, Told.VERSION: version}
        yield [told.get(column, column) for column in chosen]
