"""One form on disk, whatever an editor left in the file."""

import json

from workbench.templates.canonical import canonical
from workbench.templates.notebook_file import read_notebook


def on_disk(path):
    return json.loads(canonical(read_notebook(path)))


def test_the_canonical_form_is_stable(contract):
    path = contract()
    first = canonical(read_notebook(path))
    path.write_bytes(first)

    assert canonical(read_notebook(path)) == first
    assert first.endswith(b"}\n")
    assert "孔径".encode() in first


def test_outputs_counts_and_volatile_metadata_go(write):
    cell = {
        "cell_type": "code",
        "id": "read",
        "metadata": {"tags": ["keep"], "execution": {"a": 1}, "collapsed": True},
        "source": "1\n",
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}],
        "execution_count": 3,
    }

    assert on_disk(write(cell, metadata={"widgets": {}, "kernelspec": {"name": "venv"}})) == {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "read",
                "metadata": {"tags": ["keep"]},
                "outputs": [],
                "source": ["1"],
            }
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def test_random_ids_become_names_and_chosen_ones_stay(write):
    def cell(kind, source, id_=None, tags=()):
        given = {"id": id_} if id_ else {}
        return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}, **given}

    path = write(
        cell("raw", "---\n---", "0f3c9a2e-7f1d-4a57-9a52-0f6d3cf5b1aa"),
        cell("code", "a = 1", "9f3c9a2e", ["parameters"]),
        cell("markdown", "## Read the data · 读取数据"),
        cell("code", "1", "my-own-id"),
        cell("code", "2"),
        cell("code", "3"),
        cell("code", "4", "my-own-id"),
    )

    assert [found["id"] for found in on_disk(path)["cells"]] == [
        "front-matter",
        "parameters",
        "read-the-data",
        "my-own-id",
        "read-the-data-code",
        "read-the-data-code-2",
        "my-own-id-2",
    ]


def test_pictures_in_text_stay(write):
    cell = {
        "cell_type": "markdown",
        "metadata": {},
        "source": "",
        "attachments": {"a.png": {"image/png": ""}},
    }

    assert on_disk(write(cell))["cells"][0]["attachments"] == {"a.png": {"image/png": ""}}
