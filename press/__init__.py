"""What turns the chapters and the package into the site."""
