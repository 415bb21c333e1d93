/** Optimisers: Adam and SGD. */
package org.naturalinversion.graph.optim;
