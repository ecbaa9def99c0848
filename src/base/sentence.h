/*
 * The mark of a sentence that a person gets to see, N_() around its English text. By it
 * the catalogues in po/ are held complete (tests/check-sentences); it does nothing else.
 */
#ifndef BASE_SENTENCE_H
#define BASE_SENTENCE_H

#define N_(sentence) sentence

#endif
