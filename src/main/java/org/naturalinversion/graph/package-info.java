/**
 * The graph engine: nodes, shape inference, differentiation, fusion, memory planning; compile once,
 * then step.
 */
package org.naturalinversion.graph;
