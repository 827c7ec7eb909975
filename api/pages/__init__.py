"""Server-rendered pages for people on the ward."""
