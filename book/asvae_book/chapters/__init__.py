"""What each chapter shows, one module each."""
