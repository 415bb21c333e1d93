/** The operations: shape, forward and backward of each side by side. */
package org.naturalinversion.graph.op;
