"""What operators do by hand: look, mend, make what is missing. It sends no job its message."""
