/** The device: CUDA libraries and our kernels compiled for it. */
package org.naturalinversion.backend.cuda;
