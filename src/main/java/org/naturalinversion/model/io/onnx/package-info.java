/**
 * ONNX files, read and written. {@link org.naturalinversion.model.io.onnx.OnnxReader} turns a
 * file's graph into steps of our own ops, in NHWC, that are replayed on any graph and batch size.
 *
 * <p>Reading is one walk over the nodes. A name stands for a {@code Constant}, whose value is known
 * (weights, and all shape arithmetic, which is folded), or for a {@code View}: a tensor that
 * depends on the image, with the order of its numbers in memory and their meaning to ONNX kept
 * apart, so that reshapes, transpositions and flattenings cost nothing until something needs
 * another order.
 */
package org.naturalinversion.model.io.onnx;
