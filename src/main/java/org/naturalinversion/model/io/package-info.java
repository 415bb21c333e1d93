/**
 * Weights in files: safetensors, and the two layouts of PyTorch checkpoints. {@link
 * org.naturalinversion.model.io.Weights} is the door; every file that cannot be read ends in one
 * {@link org.naturalinversion.model.io.ModelFileException}.
 *
 * <p>Files come from strangers. Nothing in them is run, no length in them is believed before it is
 * held against the bytes that are there, and a file of n bytes makes its reader allocate no more
 * than about 4 n.
 */
package org.naturalinversion.model.io;
