/**
 * What every op computes, said a second time and as plainly as a textbook does, on numbers that
 * differentiate themselves: the engine is compared with it, operator by operator, in the tests and
 * by the doctor.
 */
package org.naturalinversion.graph.oracle;
