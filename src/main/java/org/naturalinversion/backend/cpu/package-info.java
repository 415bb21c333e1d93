/** The processor: oneDNN and our kernels compiled for it. */
package org.naturalinversion.backend.cpu;
