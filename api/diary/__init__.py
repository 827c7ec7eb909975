"""The patient's own diary page, opened with a personal link: docs/decisions/0021-diary-page.md."""
