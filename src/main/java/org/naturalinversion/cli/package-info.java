/** The command line: parses, calls a use case, prints, exits. */
package org.naturalinversion.cli;
