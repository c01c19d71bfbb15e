// What the app of a bundle uses of Android and LiteRT, for a test: no more than the names, the types and simple answers.
// A picture is white everywhere. A model answers with 0, the number of values that it was given, and the first of them.

// file
package android.app
open class Activity : android.content.Context() {
    val contentResolver = android.content.ContentResolver()
    open fun onCreate(state: android.os.Bundle?) {}
    open fun onActivityResult(request: Int, result: Int, data: android.content.Intent?) {}
    fun startActivityForResult(intent: android.content.Intent, code: Int) {}
    fun setContentView(view: android.view.View) {}
    fun runOnUiThread(action: () -> Unit) = action()
}

// file
package android.content
open class Context { val assets = android.content.res.AssetManager() }
class ContentResolver
class Intent(action: String) {
    var data: android.net.Uri? = null
    fun setType(type: String): Intent = this
    companion object { const val ACTION_GET_CONTENT = "get" }
}

// file
package android.content.res
import java.io.Closeable
import java.io.FileInputStream
class AssetManager {
    fun open(name: String) = FileInputStream(name)
    fun openFd(name: String) = AssetFileDescriptor("labels.txt")
}
class AssetFileDescriptor(private val name: String) : Closeable {
    val startOffset = 0L
    val declaredLength = 4L
    fun createInputStream() = FileInputStream(name)
    override fun close() {}
}

// file
package android.graphics
class Bitmap(val width: Int, val height: Int) {
    enum class Config { ARGB_8888 }
    fun getPixels(pixels: IntArray, offset: Int, stride: Int, x: Int, y: Int, width: Int, height: Int) = pixels.fill(-1)
    companion object { fun createBitmap(width: Int, height: Int, config: Config) = Bitmap(width, height) }
}
class Canvas(bitmap: Bitmap) {
    fun drawColor(color: Int) {}
    fun drawBitmap(bitmap: Bitmap, left: Float, top: Float, paint: Paint?) {}
}
class Paint
object Color { const val WHITE = -1 }
class Size(val width: Int, val height: Int)
class ImageDecoder {
    class Source
    class ImageInfo { val size = Size(1, 1) }
    var allocator = 0
    fun setTargetSampleSize(size: Int) {}
    companion object {
        const val ALLOCATOR_SOFTWARE = 1
        fun createSource(resolver: android.content.ContentResolver, place: android.net.Uri) = Source()
        fun decodeBitmap(source: Source, listener: (ImageDecoder, ImageInfo, Source) -> Unit) = Bitmap(1, 1)
    }
}

// file
package android.net
class Uri

// file
package android.os
class Bundle

// file
package android.view
open class View(context: android.content.Context) { fun setOnClickListener(listener: (View) -> Unit) {} }

// file
package android.widget
open class TextView(context: android.content.Context) : android.view.View(context) { fun setText(text: CharSequence) {} }
class Button(context: android.content.Context) : TextView(context)
class LinearLayout(context: android.content.Context) : android.view.View(context) {
    var orientation = 0
    fun addView(view: android.view.View) {}
    companion object { const val VERTICAL = 1 }
}

// file
package com.google.ai.edge.litert
class TensorBuffer {
    private var given = ByteArray(0)
    fun writeInt8(values: ByteArray) { last = values }
    fun writeFloat(values: FloatArray) { last = ByteArray(values.size) { values[it].toInt().toByte() } }
    fun readFloat() = floatArrayOf(0f, last.size.toFloat(), (last[0].toInt() and 255).toFloat())
    companion object { var last = ByteArray(0) }
}
class CompiledModel {
    fun createInputBuffer(name: String) = TensorBuffer()
    fun createOutputBuffer(name: String) = TensorBuffer()
    fun run(inputs: Map<String, TensorBuffer>, outputs: Map<String, TensorBuffer>) {}
    companion object { fun create(assets: android.content.res.AssetManager, name: String) = CompiledModel() }
}

// file
package org.tensorflow.lite
import java.nio.ByteBuffer
class Interpreter(model: ByteBuffer) {
    fun runSignature(inputs: Map<String, Any>, outputs: Map<String, Any>, signature: String) {
        val values = (inputs.values.first() as ByteBuffer).asFloatBuffer()
        @Suppress("UNCHECKED_CAST")
        val found = (outputs.values.first() as Array<FloatArray>)[0]
        found[0] = 0f
        found[1] = values.remaining().toFloat()
        found[2] = values.get(0)
    }
}
