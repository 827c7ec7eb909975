"""Write docs/indices.md from the definitions: `python -m docs.indices`."""

from pathlib import Path

from analytics.indices.nomenclature import as_markdown

HERE = Path(__file__).resolve().parent / "indices.md"

if __name__ == "__main__":
    HERE.write_text(as_markdown(), encoding="utf-8")
