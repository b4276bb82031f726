"""What was made and is found again: committed results, and this machine's own runs."""
