"""What became of pain, analgesia and movement after something was done."""
