/*
 * Pictures from a provider: every decent one is read, whatever its form, and every
 * hostile one ends in an error.
 */
#include "unit.h"
#include "qr_pictures.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <zlib.h>

#include "base/clean.h"
#include "qr/pixels.h"
#include "qr/decode.h"

#define ADDRESS                                                                      \
	"https://itsme.example/qr?session=6g2k9rgglem2dttw5d51ulkxpv24phwatiu6&t="   \
	"eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbi0wMTIzNDU2Nzg5.Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5" \
	"abcd"

static struct picture_seen seen; /* of the picture that was read last */

/* Reads the file, looks whether it is `expected` that was in it, and releases it. */
static enum err
read_and_free(struct file *f, const char *expected)
{
	char payload[PICTURE_PAYLOAD_MAX];
	size_t len = 0;
	enum err e = decode_picture(payload, &len, &seen, f->data, f->len);

	file_free(f);
	if (e == ERR_OK) {
		assert_int_equal(len, strlen(expected));
		assert_memory_equal(payload, expected, len);
	}
	return e;
}

/* Reads the picture as each kind of file. */
static void
assert_reads_as_all(const struct gray *g, const char *expected, const char *what)
{
	struct file files[] = {jpeg_of(g, 90, 1, 0), jpeg_of(g, 90, 3, 0),
		jpeg_of(g, 90, 3, 1), png_of(g, 0), png_of(g, 1)};
	static const char *const names[] = {
		"grey JPEG", "colour JPEG", "progressive JPEG", "PNG", "transparent PNG"};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		enum err e = read_and_free(&files[i], expected);

		if (e != ERR_OK)
			fail_msg("%s as %s: %s", what, names[i], err_word(e));
	}
}

static void
test_read_at_every_scale_and_quiet_zone(void **state)
{
	static const unsigned scales[] = {2, 3, 4, 5, 8, 13, 20},
			      quiets[] = {0, 1, 2, 4, 10};
	size_t i, j;

	(void)state;
	assert_int_equal(strlen(ADDRESS), 150);
	for (i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		for (j = 0; j < sizeof(quiets) / sizeof(quiets[0]); j++) {
			struct gray g =
				gray_of(ADDRESS, scales[i], quiets[j], QR_ECLEVEL_L);
			char what[64];

			snprintf(what, sizeof(what), "scale %u, quiet %u", scales[i],
				quiets[j]);
			assert_reads_as_all(&g, ADDRESS, what);
			gray_free(&g);
		}
	}
}

static void
test_read_every_length(void **state)
{
	char payload[PICTURE_PAYLOAD_MAX + 1];
	size_t len;

	(void)state;
	for (len = 1; len <= PICTURE_PAYLOAD_MAX; len = len < 8 ? len + 1 : len * 2) {
		struct gray g;

		memset(payload, 0, sizeof(payload));
		memset(payload, 'u', len);
		payload[len / 2] = '/';
		g = gray_of(payload, 4, 0, QR_ECLEVEL_L);
		assert_reads_as_all(&g, payload, payload);
		gray_free(&g);
	}
}

static void
test_read_turned(void **state)
{
	struct gray g[4] = {gray_of(ADDRESS, 4, 0, QR_ECLEVEL_M)};
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_reads_as_all(&g[i], ADDRESS, "turned");
		if (i < 3)
			g[i + 1] = gray_turned(&g[i]);
		gray_free(&g[i]);
	}
}

static void
test_read_noisy(void **state)
{
	struct gray g = gray_of(ADDRESS, 6, 1, QR_ECLEVEL_M);

	(void)state;
	gray_noise(&g, 50);
	assert_reads_as_all(&g, ADDRESS, "noisy");
	gray_free(&g);
}

/* A logo over a fifth of the side, as issuers like it; level H makes up for it. */
static void
test_read_with_a_logo_in_the_middle(void **state)
{
	struct gray g = gray_of(ADDRESS, 6, 0, QR_ECLEVEL_H);
	unsigned side = g.width / 5;

	(void)state;
	gray_box(&g, g.width / 2 - side / 2, g.height / 2 - side / 2, side, side, 120);
	assert_reads_as_all(&g, ADDRESS, "with a logo");
	gray_free(&g);
}

static void
test_read_in_a_corner_of_a_large_picture(void **state)
{
	struct gray g = gray_blank(900, 700, 230);

	(void)state;
	gray_code(&g, 40, 30, 5, ADDRESS, QR_ECLEVEL_L);
	assert_reads_as_all(&g, ADDRESS, "in a corner");
	gray_free(&g);
}

static void
test_read_bad_jpeg_quality(void **state)
{
	struct gray g = gray_of(ADDRESS, 5, 0, QR_ECLEVEL_L);
	struct file f = jpeg_of(&g, 15, 3, 0);

	(void)state;
	assert_int_equal(read_and_free(&f, ADDRESS), ERR_OK);
	gray_free(&g);
}

static void
test_read_no_code_or_two_is_unreadable(void **state)
{
	struct gray g = gray_blank(600, 300, 255);
	struct file f = png_of(&g, 0);

	(void)state;
	assert_int_equal(read_and_free(&f, ""), ERR_QR_UNREADABLE);
	gray_code(&g, 20, 20, 4, "https://one.example/", QR_ECLEVEL_L);
	f = png_of(&g, 0);
	assert_int_equal(read_and_free(&f, "https://one.example/"), ERR_OK);
	gray_code(&g, 320, 20, 4, "https://two.example/", QR_ECLEVEL_L);
	f = png_of(&g, 0);
	assert_int_equal(read_and_free(&f, ""), ERR_QR_UNREADABLE);
	gray_free(&g);
}

/* Bytes as they are, whatever they would do to a terminal: judging them comes later. */
static void
test_read_gives_the_very_bytes(void **state)
{
	static const char *const payloads[] = {"https://itsme.example/a?b=c#d",
		"HTTPS://UPPER.EXAMPLE/123", "0123456789", "caf\xc3\xa9 \xe2\x82\xac",
		"two\nlines", "\x1b[2J", "\xff\xfe", "\xe9", "\x93\xfa\x96\x7b"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		struct gray g = gray_of(payloads[i], 4, 2, QR_ECLEVEL_L);
		struct file f = png_of(&g, 0);

		if (read_and_free(&f, payloads[i]) != ERR_OK)
			fail_msg("case %zu", i);
		gray_free(&g);
	}
}

static void
test_read_payload_too_long_is_refused(void **state)
{
	char payload[PICTURE_PAYLOAD_MAX + 2] = "";
	struct gray g;
	struct file f;

	(void)state;
	memset(payload, 'u', PICTURE_PAYLOAD_MAX + 1);
	g = gray_of(payload, 4, 2, QR_ECLEVEL_L);
	f = png_of(&g, 0);
	assert_int_equal(read_and_free(&f, ""), ERR_QR_PAYLOAD);
	gray_free(&g);
}

/* A series of codes says less than it seems to: one of two must not pass for all. */
static void
test_read_one_of_a_series_is_unreadable(void **state)
{
	QRinput_Struct *series = QRinput_Struct_new();
	QRinput *input;
	QRcode_List *list;
	struct gray g;
	struct file f;
	unsigned side, i;
	int part;

	(void)state;
	assert_non_null(series);
	for (part = 0; part < 2; part++) {
		input = QRinput_new2(2, QR_ECLEVEL_L);
		assert_non_null(input);
		assert_int_equal(QRinput_append(input, QR_MODE_8, 8,
					 (const unsigned char *)"https://"),
			0);
		assert_true(QRinput_Struct_appendInput(series, input) > 0);
	}
	assert_int_equal(QRinput_Struct_insertStructuredAppendHeaders(series), 0);
	list = QRcode_encodeInputStructured(series);
	assert_non_null(list);
	side = (unsigned)list->code->width;
	g = gray_blank(side * 6, side * 6, 255);
	for (i = 0; i < side * side; i++)
		gray_box(&g, i % side * 6, i / side * 6, 6, 6,
			list->code->data[i] & 1 ? 0 : 255);
	f = png_of(&g, 0);
	assert_int_equal(read_and_free(&f, ""), ERR_QR_UNREADABLE);
	gray_free(&g);
	QRcode_List_free(list);
	QRinput_Struct_free(series);
}

/* Whether it begins as one of the two. */
static bool
is_kind(const char *bytes)
{
	return strncmp(bytes, "\xff\xd8\xff", 3) == 0 ||
	       strncmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static void
test_read_other_bytes_are_no_image(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define BYTES(s) s, sizeof(s) - 1
		{BYTES("")},
		{BYTES("\xff")},
		{BYTES("\xff\xd8")},
		{BYTES("\xff\xd8\xff")},
		{BYTES("\xff\xd8\xff\xd9")},
		{BYTES("\xff\xd8\xff\xe0\x00\x02\xff\xd9")},
		{BYTES("\x89PNG\r\n\x1a")},
		{BYTES("\x89PNG\r\n\x1a\n")},
		{BYTES("\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR")},
		{BYTES("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\xae\x42\x60\x82")},
		{BYTES("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,"
		       "\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;")},
		{BYTES("RIFF\x24\x00\x00\x00WEBPVP8 ")},
		{BYTES("BM\x3a\x00\x00\x00")},
		{BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")},
		{BYTES("/9j/4AAQSkZJRgABAQ==")},
		{BYTES("https://itsme.example/")},
#undef BYTES
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = {qr_need(malloc(cases[i].len + 1)), cases[i].len};

		memcpy(f.data, cases[i].bytes, cases[i].len);
		if (read_and_free(&f, "") != ERR_QR_IMAGE ||
			seen.fault !=
				(is_kind(cases[i].bytes) ? PICTURE_BROKEN : PICTURE_KIND))
			fail_msg("case %zu", i);
	}
}

static void
test_read_cmyk_jpeg_is_refused(void **state)
{
	struct gray g = gray_of(ADDRESS, 4, 4, QR_ECLEVEL_L);
	struct file f = jpeg_of(&g, 90, 4, 0);

	(void)state;
	assert_int_equal(read_and_free(&f, ""), ERR_QR_IMAGE);
	gray_free(&g);
}

static void
test_read_over_the_byte_limit_is_refused(void **state)
{
	struct gray g = gray_of(ADDRESS, 4, 4, QR_ECLEVEL_L);
	struct file f = png_of(&g, 0);

	(void)state;
	f.data = qr_need(realloc(f.data, PICTURE_BYTES_MAX + 1));
	memset(f.data + f.len, 0, PICTURE_BYTES_MAX + 1 - f.len);
	f.len = PICTURE_BYTES_MAX + 1;
	assert_int_equal(read_and_free(&f, ""), ERR_QR_IMAGE);
	assert_int_equal(seen.fault, PICTURE_BYTES);
	gray_free(&g);
}

/* As many pixels for a module as issuers may like: 40, 60, a code of version 10. */
static void
test_read_many_pixels_a_module(void **state)
{
	static const struct {
		const char *payload;
		unsigned scale;
		QRecLevel level;
	} cases[] = {{ADDRESS, 40, QR_ECLEVEL_L}, {ADDRESS, 40, QR_ECLEVEL_Q},
		{ADDRESS, 62, QR_ECLEVEL_M}};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gray g =
			gray_of(cases[i].payload, cases[i].scale, 4, cases[i].level);
		/* the first as every kind, the largest as those of the least work */
		struct file files[] = {jpeg_of(&g, 50, 1, 0), png_odd_of(&g, 0),
			i > 0 ? png_of(&g, 0) : jpeg_of(&g, 50, 3, 1),
			i > 0 ? png_of(&g, 0) : png_odd_of(&g, 1)};

		assert_true(g.width > 2048 && g.width <= PICTURE_SIDE_MAX);
		for (j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
			enum err e = read_and_free(&files[j], cases[i].payload);

			if (e != ERR_OK || seen.width != g.width ||
				seen.height != g.width)
				fail_msg("%u pixels as file %zu: %s", g.width, j,
					err_word(e));
		}
		gray_free(&g);
	}
}

/* Sides of PICTURE_SIDE_MAX are taken; one pixel more is not. */
static void
test_read_size_limit_is_exact(void **state)
{
	unsigned extra;

	(void)state;
	for (extra = 0; extra < 2; extra++) {
		struct gray g[2] = {gray_blank(PICTURE_SIDE_MAX + extra, 200, 255),
			gray_blank(200, PICTURE_SIDE_MAX + extra, 255)};
		int i;

		for (i = 0; i < 2; i++) {
			struct file f;

			gray_code(&g[i], 10, 10, 3, "https://a.example/", QR_ECLEVEL_L);
			f = png_of(&g[i], 0);
			assert_int_equal(read_and_free(&f, "https://a.example/"),
				extra ? ERR_QR_IMAGE : ERR_OK);
			assert_int_equal(
				seen.fault, extra ? PICTURE_PIXELS : PICTURE_GOOD);
			assert_int_equal(
				seen.width > seen.height ? seen.width : seen.height,
				PICTURE_SIDE_MAX + extra);
			f = jpeg_of(&g[i], 90, 1, 0);
			assert_int_equal(read_and_free(&f, "https://a.example/"),
				extra ? ERR_QR_IMAGE : ERR_OK);
			assert_int_equal(
				seen.fault, extra ? PICTURE_PIXELS : PICTURE_GOOD);
			assert_int_equal(
				seen.width > seen.height ? seen.width : seen.height,
				PICTURE_SIDE_MAX + extra);
			gray_free(&g[i]);
		}
	}
}

/* Writes `width` x `height` into the header of a good file. */
static void
set_header(struct file *f, unsigned width, unsigned height)
{
	unsigned char *p = f->data;
	size_t i;

	if (p[0] == 0x89) { /* IHDR, with its checksum made right again */
		unsigned long crc;

		for (i = 0; i < 4; i++) {
			p[16 + i] = (unsigned char)(width >> (24 - 8 * i));
			p[20 + i] = (unsigned char)(height >> (24 - 8 * i));
		}
		crc = crc32(0, p + 12, 17);
		for (i = 0; i < 4; i++)
			p[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
		return;
	}
	for (i = 2; p[i] == 0xff && (p[i + 1] & 0xf0) != 0xc0 + 0;)
		i += 2 + ((size_t)p[i + 2] << 8 | p[i + 3]);
	while (p[i + 1] == 0xc4) /* Huffman tables share the high digit */
		i += 2 + ((size_t)p[i + 2] << 8 | p[i + 3]);
	assert_true(p[i + 1] == 0xc0 || p[i + 1] == 0xc2);
	p[i + 5] = (unsigned char)(height >> 8);
	p[i + 6] = (unsigned char)height;
	p[i + 7] = (unsigned char)(width >> 8);
	p[i + 8] = (unsigned char)width;
}

static void
test_read_lying_headers_are_refused(void **state)
{
	static const struct {
		unsigned width, height;
	} sizes[] = {{0, 0}, {0, 100}, {100, 0}, {65500, 65500}, {65535, 65535},
		{PICTURE_SIDE_MAX + 1, 1}, {1, PICTURE_SIDE_MAX + 1}, {65535, 1},
		{0x7fffffff, 0x7fffffff}, {0xffffffff, 0xffffffff}};
	struct gray g = gray_of(ADDRESS, 4, 4, QR_ECLEVEL_L);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct file files[] = {
			png_of(&g, 0), jpeg_of(&g, 90, 3, 0), jpeg_of(&g, 90, 3, 1)};
		size_t j;

		for (j = 0; j < 3; j++) {
			set_header(&files[j], sizes[i].width, sizes[i].height);
			if (read_and_free(&files[j], "") != ERR_QR_IMAGE ||
				(sizes[i].width > 0 && sizes[i].height > 0 &&
					seen.fault != PICTURE_PIXELS))
				fail_msg("%u x %u, file %zu", sizes[i].width,
					sizes[i].height, j);
		}
	}
	/* Larger than it is, but within the limits: what is missing is white or grey. */
	{
		struct file f = png_of(&g, 0);

		set_header(&f, PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
		assert_int_not_equal(read_and_free(&f, ""), ERR_OK);
		f = jpeg_of(&g, 90, 3, 1);
		set_header(&f, PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
		assert_int_not_equal(read_and_free(&f, ""), ERR_OK);
	}
	gray_free(&g);
}

/* What is too large is refused by its header: no memory is taken for its pixels. */
static void
test_read_bomb_is_refused_by_its_header(void **state)
{
	struct gray g = gray_of(ADDRESS, 20, 4, QR_ECLEVEL_L);
	struct rusage before, after;
	int i;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	for (i = 0; i < 4; i++) {
		struct file f =
			i < 2 ? jpeg_of(&g, 50, 3, i == 1) : png_odd_of(&g, i == 3);

		set_header(&f, 65500, 65500);
		assert_int_equal(read_and_free(&f, ""), ERR_QR_IMAGE);
		assert_int_equal(seen.fault, PICTURE_PIXELS);
		assert_int_equal(seen.width, 65500);
	}
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 128 * 1024); /* of 4 GB */
	gray_free(&g);
}

/* Cut at every 100th byte, in memory of exactly that size. */
static void
test_read_cut_off_is_an_error_or_right(void **state)
{
	struct gray g = gray_of(ADDRESS, 4, 4, QR_ECLEVEL_L);
	struct file files[] = {
		png_of(&g, 0), jpeg_of(&g, 90, 1, 0), jpeg_of(&g, 90, 3, 1)};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_true(files[i].len > 300);
		for (len = 0; len < files[i].len; len += 100) {
			struct file cut = {qr_need(malloc(len + 1)), len};

			memcpy(cut.data, files[i].data, len);
			if (read_and_free(&cut, ADDRESS) == ERR_OK)
				assert_true(len >= 300); /* its headers are longer */
		}
		file_free(&files[i]);
	}
	gray_free(&g);
}

/* One bit flipped, all over the file: an error, or the very text that was meant. */
static void
test_read_flipped_bits_are_an_error_or_right(void **state)
{
	struct gray g = gray_of(ADDRESS, 3, 0, QR_ECLEVEL_L);
	struct file files[] = {
		png_of(&g, 0), jpeg_of(&g, 90, 1, 0), jpeg_of(&g, 90, 3, 1)};
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		for (at = 0; at < files[i].len; at += at < 700 ? 1 : 13) {
			struct file bad = {qr_need(malloc(files[i].len)), files[i].len};

			memcpy(bad.data, files[i].data, files[i].len);
			bad.data[at] ^= (unsigned char)(1u << at % 8);
			(void)!read_and_free(&bad, ADDRESS);
		}
		file_free(&files[i]);
	}
	gray_free(&g);
}

/* A chunk with its checksum. */
static void
add_chunk(struct file *f, const char *type, const unsigned char *data, size_t len)
{
	unsigned char *p;
	unsigned long crc;
	int i;

	f->data = qr_need(realloc(f->data, f->len + len + 12));
	p = f->data + f->len;
	for (i = 0; i < 4; i++)
		p[i] = (unsigned char)(len >> (24 - 8 * i));
	memcpy(p + 4, type, 4);
	memcpy(p + 8, data, len);
	crc = crc32(0, p + 4, (unsigned)len + 4);
	for (i = 0; i < 4; i++)
		p[8 + len + (size_t)i] = (unsigned char)(crc >> (24 - 8 * i));
	f->len += len + 12;
}

/*
 * Text chunks that unpack to 8 MB each: they are left packed. The limit on memory is
 * what makes this test fail where they are not.
 */
static void
test_read_png_bomb_in_text_chunks_is_not_unpacked(void **state)
{
	struct gray g = gray_of(ADDRESS, 3, 2, QR_ECLEVEL_L);
	struct file plain = png_of(&g, 0), bomb = {NULL, 0};
	unsigned long packed_len = 65536, size = 7900000;
	unsigned char *zeros = qr_need(calloc(1, size)),
		      *packed = qr_need(malloc(packed_len));
	clock_t begun;
	int i;

	(void)state;
	memcpy(packed, "Comment\0\0", 9);
	packed_len -= 9;
	assert_int_equal(compress2(packed + 9, &packed_len, zeros, size, 9), Z_OK);
	bomb.data = qr_need(malloc(33));
	memcpy(bomb.data, plain.data, 33); /* signature and IHDR */
	bomb.len = 33;
	for (i = 0; i < 60; i++)
		add_chunk(&bomb, "zTXt", packed, packed_len + 9);
	bomb.data = qr_need(realloc(bomb.data, bomb.len + plain.len - 33));
	memcpy(bomb.data + bomb.len, plain.data + 33, plain.len - 33);
	bomb.len += plain.len - 33;
	assert_true(bomb.len < PICTURE_BYTES_MAX);
	begun = clock();
	assert_int_equal(read_and_free(&bomb, ADDRESS), ERR_OK);
	/* Unpacking 474 MB takes seconds of CPU; leaving them takes milliseconds. */
	assert_true(clock() - begun < CLOCKS_PER_SEC / 4);
	file_free(&plain);
	free(zeros);
	free(packed);
	gray_free(&g);
}

/* The last scan of a progressive JPEG again and again: each costs a whole pass. */
static void
test_read_jpeg_with_endless_scans_is_refused(void **state)
{
	static const struct {
		unsigned again;
		enum err expected;
	} cases[] = {{0, ERR_OK}, {10, ERR_OK}, {60, ERR_QR_IMAGE}, {300, ERR_QR_IMAGE}};
	struct gray g = gray_of("https://a.example/", 4, 4, QR_ECLEVEL_L);
	struct file f = jpeg_of(&g, 90, 1, 1);
	size_t scan = f.len, i;
	unsigned n;

	(void)state;
	while (f.data[scan - 2] != 0xff || f.data[scan - 1] != 0xda)
		scan--;
	scan -= 2;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = f.len - 2 - scan;
		struct file many = {
			qr_need(malloc(f.len + len * cases[i].again)), f.len - 2};

		memcpy(many.data, f.data, f.len - 2);
		for (n = 0; n < cases[i].again; n++, many.len += len)
			memcpy(many.data + many.len, f.data + scan, len);
		memcpy(many.data + many.len, "\xff\xd9", 2);
		many.len += 2;
		assert_true(many.len < PICTURE_BYTES_MAX);
		if (read_and_free(&many, "https://a.example/") != cases[i].expected)
			fail_msg("%u scans more", cases[i].again);
	}
	file_free(&f);
	gray_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_at_every_scale_and_quiet_zone),
		cmocka_unit_test(test_read_every_length),
		cmocka_unit_test(test_read_turned),
		cmocka_unit_test(test_read_noisy),
		cmocka_unit_test(test_read_with_a_logo_in_the_middle),
		cmocka_unit_test(test_read_in_a_corner_of_a_large_picture),
		cmocka_unit_test(test_read_bad_jpeg_quality),
		cmocka_unit_test(test_read_no_code_or_two_is_unreadable),
		cmocka_unit_test(test_read_gives_the_very_bytes),
		cmocka_unit_test(test_read_payload_too_long_is_refused),
		cmocka_unit_test(test_read_one_of_a_series_is_unreadable),
		cmocka_unit_test(test_read_other_bytes_are_no_image),
		cmocka_unit_test(test_read_cmyk_jpeg_is_refused),
		cmocka_unit_test(test_read_over_the_byte_limit_is_refused),
		cmocka_unit_test(test_read_many_pixels_a_module),
		cmocka_unit_test(test_read_size_limit_is_exact),
		cmocka_unit_test(test_read_bomb_is_refused_by_its_header),
		cmocka_unit_test(test_read_lying_headers_are_refused),
		cmocka_unit_test(test_read_cut_off_is_an_error_or_right),
		cmocka_unit_test(test_read_flipped_bits_are_an_error_or_right),
		cmocka_unit_test(test_read_jpeg_with_endless_scans_is_refused),
		cmocka_unit_test(test_read_png_bomb_in_text_chunks_is_not_unpacked),
	};

	return cmocka_run_group_tests_name("qr_decode", tests, NULL, NULL);
}
