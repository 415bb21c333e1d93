/** Computations as graphs of operations: shapes, derivatives, fusion, one memory plan, steps. */
package org.naturalinversion.graph;
