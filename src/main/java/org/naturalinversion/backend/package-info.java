/**
 * What a backend offers: buffers, streams, kernels, network operations. Found by ServiceLoader,
 * never by name.
 */
package org.naturalinversion.backend;
