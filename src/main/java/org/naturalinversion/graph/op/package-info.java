/**
 * The ops: each one's settings, shape rule, forward and backward pass in one class, its kernel in
 * the file of the same name.
 */
package org.naturalinversion.graph.op;
