/*
 * Decoding with libjpeg and libpng. Both may jump out in the middle (setjmp): whatever
 * they must not lose lives in memory that the jump does not touch.
 */
#include "qr/pixels.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "base/buf.h"

static enum err
refuse(struct picture_seen *seen, enum picture_fault fault)
{
	seen->fault = fault;
	return ERR_QR_IMAGE;
}

static bool
is_bounded(const struct picture_seen *seen)
{
	return seen->width > 0 && seen->height > 0 && seen->width <= PICTURE_SIDE_MAX &&
	       seen->height <= PICTURE_SIDE_MAX;
}

/*
 * A white picture with room for one of `width` x `height` in its middle. The border is
 * about a module wide for the largest modules there are, more for all others.
 */
static enum err
make_blank(struct pixels *ret, unsigned width, unsigned height)
{
	unsigned side = width > height ? width : height;
	struct pixels p;
	size_t size;

	p.border = (int)(side / 20 + 4);
	p.width = (int)width + 2 * p.border;
	p.height = (int)height + 2 * p.border;
	size = (size_t)p.width * (size_t)p.height;
	p.pixels = malloc(size);
	if (p.pixels == NULL)
		return ERR_NOMEM;
	memset(p.pixels, 0xff, size);
	*ret = p;
	return ERR_OK;
}

/* Whether half of it each way is enough, and all of it too much. */
static bool
is_halved(const struct picture_seen *seen)
{
	return seen->width * seen->height > PIXELS_WHOLE;
}

/* Where row `y` of what is inside the border begins. */
static unsigned char *
pixel_row(const struct pixels *p, unsigned y)
{
	return p->pixels + (size_t)(p->border + (int)y) * (size_t)p->width + p->border;
}

/* libjpeg's state, and where it jumps to when it gives up. */
struct jpeg {
	struct jpeg_decompress_struct state;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf gave_up;
};

static void
jpeg_give_up(j_common_ptr state)
{
	struct jpeg *j = state->client_data;

	longjmp(j->gave_up, 1);
}

/* Warnings (a cut file, stray bytes) are counted by libjpeg and shown to nobody. */
static void
jpeg_keep_quiet(j_common_ptr state)
{
	(void)state;
}

/* Each scan of a progressive file costs a pass over the whole picture. */
static void
jpeg_count_scans(j_common_ptr state)
{
	struct jpeg *j = state->client_data;

	if (j->state.input_scan_number > PIXELS_SCANS_MAX)
		longjmp(j->gave_up, 1);
}

static void
jpeg_begin(struct jpeg *j, const unsigned char *image, size_t len)
{
	j->state.err = jpeg_std_error(&j->errors);
	j->errors.error_exit = jpeg_give_up;
	j->errors.output_message = jpeg_keep_quiet;
	j->progress.progress_monitor = jpeg_count_scans;
	j->state.client_data = j;
	jpeg_create_decompress(&j->state);
	j->state.progress = &j->progress;
	j->state.mem->max_memory_to_use = PIXELS_JPEG_MEMORY_MAX;
	jpeg_mem_src(&j->state, image, len);
}

/* What its header says, also where libjpeg will have nothing of it. */
static void
jpeg_see(const struct jpeg *j, struct picture_seen *seen)
{
	seen->width = j->state.image_width;
	seen->height = j->state.image_height;
}

/* What libjpeg holds until the last scan: the coefficients of every block. */
static size_t
jpeg_held(j_decompress_ptr state)
{
	size_t blocks = 0;
	int i;

	for (i = 0; jpeg_has_multiple_scans(state) && i < state->num_components; i++)
		blocks += (size_t)state->comp_info[i].width_in_blocks *
			  state->comp_info[i].height_in_blocks;
	return blocks * sizeof(JBLOCK);
}

/* What the header says decides whether there is to be a picture, and of what size. */
static enum err
jpeg_accept(struct jpeg *j, struct pixels *picture, struct picture_seen *seen)
{
	jpeg_see(j, seen);
	if (!is_bounded(seen))
		return refuse(seen, PICTURE_PIXELS);
	if (jpeg_held(&j->state) > PIXELS_HELD_MAX)
		return refuse(seen, PICTURE_HELD);
	j->state.out_color_space = JCS_GRAYSCALE;
	j->state.scale_num = 1;
	j->state.scale_denom = is_halved(seen) ? 2 : 1;
	jpeg_calc_output_dimensions(&j->state);
	return make_blank(picture, j->state.output_width, j->state.output_height);
}

/* Everything of libjpeg that may jump; what it must not lose is the caller's. */
static enum err
jpeg_run(struct jpeg *j, struct pixels *picture, struct picture_seen *seen)
{
	unsigned char *row;
	enum err e;

	if (setjmp(j->gave_up) != 0)
		return ERR_QR_IMAGE;
	if (jpeg_read_header(&j->state, TRUE) != JPEG_HEADER_OK)
		return ERR_QR_IMAGE;
	e = jpeg_accept(j, picture, seen);
	if (e != ERR_OK)
		return e;
	if (!jpeg_start_decompress(&j->state) || j->state.output_components != 1)
		return ERR_QR_IMAGE;
	while (j->state.output_scanline < j->state.output_height) {
		row = pixel_row(picture, j->state.output_scanline);
		if (jpeg_read_scanlines(&j->state, &row, 1) != 1)
			return ERR_QR_IMAGE;
	}
	return ERR_OK;
}

static enum err
decode_jpeg(struct pixels *picture, struct picture_seen *seen, const unsigned char *image,
	size_t len)
{
	struct jpeg j = {0};
	enum err e;

	jpeg_begin(&j, image, len);
	e = jpeg_run(&j, picture, seen);
	jpeg_see(&j, seen);
	jpeg_destroy_decompress(&j.state);
	return e;
}

static unsigned
read_number(const unsigned char *p)
{
	return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}

/*
 * The chunks that make the picture, copied. All others (text, profiles, clocks) are left
 * behind: they may unpack to hundreds of megabytes and say nothing about a QR code.
 */
static void
keep_chunks(struct buf *out, const unsigned char *image, size_t len)
{
	static const char kept[][5] = {"IHDR", "PLTE", "tRNS", "IDAT", "IEND"};
	size_t at = 8, i;

	buf_add(out, image, at);
	while (len - at >= 12) {
		const unsigned char *p = image + at;
		size_t size = read_number(p);

		if (size > len - at - 12)
			break;
		for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			if (memcmp(p + 4, kept[i], 4) == 0)
				buf_add(out, p, size + 12);
		at += size + 12;
	}
}

/* Puts half of the picture in its place. */
static enum err
halve(struct pixels *picture)
{
	struct pixels half;
	enum err e = pixels_shrink(&half, picture, 2);

	if (e != ERR_OK)
		return e;
	pixels_free(picture);
	*picture = half;
	return ERR_OK;
}

/* libpng's simplified interface catches its own jumps. Transparent parts turn white. */
static enum err
decode_png(struct pixels *picture, struct picture_seen *seen, const unsigned char *image,
	size_t len)
{
	AUTO_BUF struct buf file = BUF_INIT(PICTURE_BYTES_MAX);
	png_image png = {.version = PNG_IMAGE_VERSION};
	const png_color white = {255, 255, 255};
	enum err e;

	if (len < 24 || memcmp(image + 12, "IHDR", 4) != 0)
		return ERR_QR_IMAGE;
	seen->width = read_number(image + 16);
	seen->height = read_number(image + 20);
	if (!is_bounded(seen))
		return refuse(seen, PICTURE_PIXELS);
	e = make_blank(picture, seen->width, seen->height);
	if (e != ERR_OK)
		return e;
	keep_chunks(&file, image, len);
	if (buf_err(&file) != ERR_OK)
		return buf_err(&file);
	if (!png_image_begin_read_from_memory(&png, file.data, file.len))
		return ERR_QR_IMAGE;
	png.format = PNG_FORMAT_GRAY;
	if (png.width != seen->width || png.height != seen->height ||
		!png_image_finish_read(
			&png, &white, pixel_row(picture, 0), picture->width, NULL))
		e = ERR_QR_IMAGE;
	png_image_free(&png); /* does nothing where libpng has done it */
	return e == ERR_OK && is_halved(seen) ? halve(picture) : e;
}

enum err
pixels_decode(
	struct pixels *ret, struct picture_seen *seen, const void *image, size_t len)
{
	AUTO_PIXELS struct pixels picture = {0};
	enum err e;

	*seen = (struct picture_seen){.fault = PICTURE_GOOD};
	if (len > PICTURE_BYTES_MAX)
		return refuse(seen, PICTURE_BYTES);
	if (len >= 3 && memcmp(image, "\xff\xd8\xff", 3) == 0)
		e = decode_jpeg(&picture, seen, image, len);
	else if (len >= 8 && memcmp(image, "\x89PNG\r\n\x1a\n", 8) == 0)
		e = decode_png(&picture, seen, image, len);
	else
		return refuse(seen, PICTURE_KIND);
	if (e == ERR_QR_IMAGE && seen->fault == PICTURE_GOOD)
		seen->fault = (seen->width | seen->height) == 0 || is_bounded(seen)
				      ? PICTURE_BROKEN
				      : PICTURE_PIXELS;
	if (e != ERR_OK)
		return e;
	*ret = picture;
	picture.pixels = NULL;
	return ERR_OK;
}

/* The mean of a square of pixels. */
static unsigned char
mean(const struct pixels *p, int left, int top, int side)
{
	unsigned sum = 0;
	int x, y;

	for (y = top; y < top + side; y++) {
		const unsigned char *row = p->pixels + (size_t)y * (size_t)p->width;

		for (x = left; x < left + side; x++)
			sum += row[x];
	}
	return (unsigned char)(sum / (unsigned)(side * side));
}

enum err
pixels_shrink(struct pixels *ret, const struct pixels *p, int factor)
{
	struct pixels s = {.width = p->width / factor,
		.height = p->height / factor,
		.border = p->border / factor};
	int x, y;

	if (s.width == 0 || s.height == 0)
		return ERR_QR_IMAGE;
	s.pixels = malloc((size_t)s.width * (size_t)s.height);
	if (s.pixels == NULL)
		return ERR_NOMEM;
	for (y = 0; y < s.height; y++)
		for (x = 0; x < s.width; x++)
			s.pixels[(size_t)y * (size_t)s.width + (size_t)x] =
				mean(p, x * factor, y * factor, factor);
	*ret = s;
	return ERR_OK;
}

void
pixels_free(struct pixels *picture)
{
	free(picture->pixels);
	picture->pixels = NULL;
}
