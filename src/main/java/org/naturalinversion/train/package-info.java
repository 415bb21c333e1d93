/** Training classifiers of the zoo on labelled images. */
package org.naturalinversion.train;
