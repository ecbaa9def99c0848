# Builds the benchmark's own programs into the current directory:
#     make -f …/tests/bench/bench.mk
# They are no part of the product, so they are no part of its Makefile.
here := $(dir $(lastword $(MAKEFILE_LIST)))
CFLAGS = -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wwrite-strings
CXXFLAGS = -std=c++17 -O2 -g -Wall -Wextra $(shell pkg-config --cflags zxing)
FLOOR_LIBS = $(shell pkg-config --libs libcurl libcrypto zxing libqrencode libjpeg)

all: floor launch login

floor: floor.o floor_jose.o floor_qr.o
	$(CXX) -Wl,--as-needed -o $@ $^ $(FLOOR_LIBS)

launch: launch.o
	$(CC) -o $@ $^

login: login.o
	$(CC) -o $@ $^ -lpam

%.o: $(here)%.c $(here)floor.h
	$(CC) $(CFLAGS) -c -o $@ $<

%.o: $(here)%.cc $(here)floor.h
	$(CXX) $(CXXFLAGS) -c -o $@ $<
