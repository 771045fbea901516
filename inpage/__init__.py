"""What is packed for the reader's browser and runs there."""
