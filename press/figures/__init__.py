"""The pictures of the pages: one module a family, and one pen."""
