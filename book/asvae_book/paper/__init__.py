"""What the paper claims, and how it is judged."""
