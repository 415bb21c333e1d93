/** What images are worth: accuracy, distances between distributions, diversity. */
package org.naturalinversion.metric;
