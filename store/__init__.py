"""What is known: tables, and the only functions that write them."""
