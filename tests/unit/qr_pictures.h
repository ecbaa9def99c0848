/*
 * QR codes as a provider would send them: made with libqrencode, libjpeg and libpng,
 * spoilt in the ways that pictures are.
 */
#ifndef QR_PICTURES_H
#define QR_PICTURES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <qrencode.h>

/* A grey picture under construction. */
struct gray {
	unsigned char *pixels; /* owned */
	unsigned width, height;
};

static inline void *
qr_need(void *p)
{
	if (p == NULL) {
		perror("qr_pictures");
		exit(1);
	}
	return p;
}

static inline struct gray
gray_blank(unsigned width, unsigned height, unsigned char shade)
{
	struct gray g = {qr_need(malloc((size_t)width * height)), width, height};

	memset(g.pixels, shade, (size_t)width * height);
	return g;
}

static inline void
gray_free(struct gray *g)
{
	free(g->pixels);
	g->pixels = NULL;
}

static inline void
gray_box(struct gray *g, unsigned x, unsigned y, unsigned w, unsigned h,
	unsigned char shade)
{
	unsigned row;

	for (row = y; row < y + h; row++)
		memset(g->pixels + (size_t)row * g->width + x, shade, w);
}

/* Draws the code with its corner at (x, y), `scale` pixels a module. Returns its side. */
static inline unsigned
gray_code(struct gray *g, unsigned x, unsigned y, unsigned scale, const char *payload,
	QRecLevel level)
{
	QRcode *code = qr_need(QRcode_encodeData(
		(int)strlen(payload), (const unsigned char *)payload, 0, level));
	unsigned side = (unsigned)code->width, i;

	for (i = 0; g != NULL && i < side * side; i++)
		gray_box(g, x + i % side * scale, y + i / side * scale, scale, scale,
			code->data[i] & 1 ? 0 : 255);
	QRcode_free(code);
	return side * scale;
}

/* A picture of one code with `quiet` white modules around it. */
static inline struct gray
gray_of(const char *payload, unsigned scale, unsigned quiet, QRecLevel level)
{
	unsigned side = gray_code(NULL, 0, 0, scale, payload, level) + 2 * quiet * scale;
	struct gray g = gray_blank(side, side, 255);

	gray_code(&g, quiet * scale, quiet * scale, scale, payload, level);
	return g;
}

/* Turned by a quarter, counter-clockwise. */
static inline struct gray
gray_turned(const struct gray *g)
{
	struct gray t = gray_blank(g->height, g->width, 255);
	unsigned x, y;

	for (y = 0; y < g->height; y++)
		for (x = 0; x < g->width; x++)
			t.pixels[(size_t)(g->width - 1 - x) * t.width + y] =
				g->pixels[(size_t)y * g->width + x];
	return t;
}

/* Sprinkles noise, always the same: `amount` grey levels up or down. */
static inline void
gray_noise(struct gray *g, int amount)
{
	unsigned seed = 12345;
	size_t i;

	for (i = 0; i < (size_t)g->width * g->height; i++) {
		int v;

		seed = seed * 1103515245u + 12345u;
		v = g->pixels[i] + (int)(seed >> 16 & 0xff) * 2 * amount / 255 - amount;
		g->pixels[i] = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
}

/* A file in memory. */
struct file {
	unsigned char *data; /* owned */
	size_t len;
};

static inline void
file_free(struct file *f)
{
	free(f->data);
	f->data = NULL;
}

/*
 * JPEG; `components` 1 (grey), 3 (YCbCr) or 4 (CMYK, which nobody should send). It is
 * `progressive` for 1; for 2 as well, with as many blocks of each colour.
 */
static inline struct file
jpeg_of(const struct gray *g, int quality, int components, int progressive)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	unsigned char *out = NULL, *row = qr_need(malloc((size_t)g->width * 4));
	unsigned long len = 0;
	struct file f;

	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &len);
	c.image_width = g->width;
	c.image_height = g->height;
	c.input_components = components;
	c.in_color_space = components == 1   ? JCS_GRAYSCALE
			   : components == 3 ? JCS_RGB
					     : JCS_CMYK;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	if (progressive)
		jpeg_simple_progression(&c);
	if (progressive == 2)
		c.comp_info[0].h_samp_factor = c.comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		const unsigned char *from =
			g->pixels + (size_t)c.next_scanline * g->width;
		unsigned i;

		for (i = 0; i < g->width * (unsigned)components; i++)
			row[i] = from[i / (unsigned)components];
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	f.data = qr_need(
		malloc(len)); /* exactly its size, so that a reader past it shows */
	memcpy(f.data, out, len);
	f.len = len;
	free(out);
	return f;
}

/* PNG in one of libpng's formats: grey, or with alpha where white is transparent. */
static inline struct file
png_of(const struct gray *g, int transparent)
{
	png_image png = {
		.version = PNG_IMAGE_VERSION, .width = g->width, .height = g->height};
	size_t i, size = (size_t)g->width * g->height;
	unsigned char *pixels = qr_need(malloc(size * 2));
	png_alloc_size_t len = 0;
	struct file f;

	png.format = transparent ? PNG_FORMAT_GA : PNG_FORMAT_GRAY;
	for (i = 0; i < size; i++) {
		if (transparent) {
			pixels[2 * i] = 0;
			pixels[2 * i + 1] = (unsigned char)(255 - g->pixels[i]);
		} else {
			pixels[i] = g->pixels[i];
		}
	}
	if (!png_image_write_get_memory_size(png, len, 0, pixels, 0, NULL))
		exit(1);
	f.data = qr_need(malloc(len));
	f.len = len;
	if (!png_image_write_to_memory(&png, f.data, &len, 0, pixels, 0, NULL))
		exit(1);
	free(pixels);
	return f;
}

/* Where libpng puts what it writes, which is about to have its exact size. */
static inline void
png_append(png_structp png, png_bytep data, png_size_t len)
{
	struct file *f = png_get_io_ptr(png);

	f->data = qr_need(realloc(f->data, f->len + len));
	memcpy(f->data + f->len, data, len);
	f->len += len;
}

static inline void
png_append_nothing(png_structp png)
{
	(void)png;
}

/* PNG as other writers make it: 1 bit grey, or 16 bits of colour and alpha, interlaced.
 */
static inline struct file
png_odd_of(const struct gray *g, int deep)
{
	png_structp png =
		qr_need(png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL));
	png_infop info = qr_need(png_create_info_struct(png));
	size_t bytes = deep ? 8 : 1, x;
	unsigned char *row = qr_need(malloc(g->width * bytes));
	struct file f = {NULL, 0};
	int passes, y;

	png_set_write_fn(png, &f, png_append, png_append_nothing);
	png_set_IHDR(png, info, g->width, g->height, deep ? 16 : 1,
		deep ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_GRAY,
		deep ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	png_set_packing(png);
	for (passes = png_set_interlace_handling(png); passes > 0; passes--)
		for (y = 0; y < (int)g->height; y++) {
			const unsigned char *from = g->pixels + (size_t)y * g->width;

			for (x = 0; x < g->width; x++)
				if (deep) {
					memset(row + 8 * x, from[x], 6);
					memset(row + 8 * x + 6, 0xff, 2);
				} else {
					row[x] = from[x] >= 128;
				}
			png_write_row(png, row);
		}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(row);
	return f;
}

#endif
