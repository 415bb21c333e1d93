/** Architectures that we can build and train. */
package org.naturalinversion.model.zoo;
