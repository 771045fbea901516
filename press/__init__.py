"""The press: runs the pages, proofreads them, draws them, builds the site."""
