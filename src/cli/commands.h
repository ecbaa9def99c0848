/*
 * The subcommands of itsmectl. Each gets its own argv (argv[0] is its name) and returns
 * the exit status: 0 done, 1 could not, 2 called wrongly.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

int command_keygen(int argc, char **argv);
int command_jwks(int argc, char **argv);

#endif
