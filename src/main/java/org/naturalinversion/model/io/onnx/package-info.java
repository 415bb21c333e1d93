/** ONNX files, read and written. */
package org.naturalinversion.model.io.onnx;
