"""The book's own code: what the paper claims and how it is judged, and what each chapter shows."""
