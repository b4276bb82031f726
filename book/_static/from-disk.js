// The search page reads an excerpt of each result from the page itself, which a browser refuses for files.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY &&= location.protocol !== "file:";
