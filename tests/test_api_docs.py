"""The lines at the beginning of docs/api.md do what they say."""

import re
import shlex
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from products.operations import create_product

DOCS = Path(__file__).parents[1] / "docs" / "api.md"
LINES = DOCS.read_text().split("```sh\n")[1].split("```")[0].splitlines()


def remembered(name, response):
    if name == "consistency_token":
        return response["Consistency-Token"]
    body = response.json()
    return body["results"][0]["id"] if name == "product_id" else body.get(name) or body["id"]


def send(line, variables):
    words = shlex.split(re.sub(r"\$(\w+)", lambda name: variables[name[1]], line))[1:]
    given = {"-X": None, "-d": None}
    headers = {}
    address = ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, value = words.pop(0).split(": ")
            headers[name] = value
        elif word in given:
            given[word] = words.pop(0)
        else:
            address = word
    url = urlsplit(address)
    method = given["-X"] or ("POST" if given["-d"] else "GET")
    content_type = headers.pop("Content-Type", "application/octet-stream")
    return APIClient().generic(
        method, f"{url.path}?{url.query}", given["-d"] or "", content_type=content_type, headers=headers
    )


@pytest.mark.django_db(databases=["default", "order_history"])
def test_the_first_lines_of_the_documentation_work():
    create_product(title="Lamp", price=Decimal(12))
    variables = {}

    for line in LINES:
        if not line.startswith("curl"):
            name, value = line.split("=", 1)
            variables[name] = value.strip("'")
            continue
        command, expected = line.rsplit("  # ", 1)
        status, *names = expected.split(", ")
        response = send(command, variables)

        assert response.status_code == int(status), (line, response.content)
        variables |= {name: remembered(name, response) for name in names}

    assert len(variables) > 5
