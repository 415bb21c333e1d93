/**
 * NaturalInversion itself: reads like the paper, from the generator to the inversion of one batch.
 */
package org.naturalinversion.method;
