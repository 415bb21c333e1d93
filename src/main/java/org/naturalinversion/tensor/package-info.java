/**
 * Pure values: element types, shapes, tensors in the Java heap. Sees no other package of the
 * project.
 */
package org.naturalinversion.tensor;
