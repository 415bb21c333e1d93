/** Optimisers: how parameters follow their gradients. */
package org.naturalinversion.graph.optim;
