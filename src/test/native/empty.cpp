/* empty: a library that must be there, but of which nothing is used. */
