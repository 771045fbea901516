"""The site: what is built around the pages and served with them."""
