"""Builds the site: records, figures, markup, pages."""
