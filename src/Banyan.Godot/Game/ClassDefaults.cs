using Banyan.Godot.Variants;

namespace Banyan.Godot.Game;

/// <summary>The few properties of engine classes that games synchronize, and what they are before anyone sets them.</summary>
/// <remarks>
/// Not Godot's class list: only what a synchronizer reads in practice. A class is known by its base, and a base by the
/// end of the name and the list of those without it. Sources: _bind_methods and the member initializers of
/// scene/3d/node_3d.h, scene/2d/node_2d.h, scene/main/canvas_item.h, scene/gui/control.h and of the classes named.
/// </remarks>
internal static class ClassDefaults
{
    private static readonly HashSet<string> Spatial = new(
        [
            "LightmapProbe", "GridMap", "FogVolume", "Decal", "LightmapGI", "VoxelGI", "ReflectionProbe", "PathFollow3D", "XROrigin3D",
            "GPUParticlesAttractorBox3D", "OpenXRHand", "OpenXRCompositionLayerQuad",
        ], StringComparer.Ordinal);

    private static readonly HashSet<string> Flat = new(
        ["TileMap", "TileMapLayer", "CanvasGroup", "CanvasModulate", "BackBufferCopy", "ParallaxLayer", "TouchScreenButton"], StringComparer.Ordinal);

    private static readonly HashSet<string> Gui = new(
        [
            "Control", "ColorRect", "TextureRect", "ReferenceRect", "NinePatchRect", "Panel", "Label", "RichTextLabel", "LineEdit", "TextEdit",
            "CodeEdit", "SpinBox", "ProgressBar", "TextureProgressBar", "Range", "ItemList", "Tree", "TabBar", "MenuBar", "GraphEdit",
            "GraphNode", "GraphFrame", "CheckBox", "VideoStreamPlayer", "ColorPicker",
        ], StringComparer.Ordinal);

    private static readonly string[] GuiEndings = ["Container", "Button", "Slider", "ScrollBar", "Separator"];

    /// <summary>Whether a class is a Node3D.</summary>
    public static bool IsNode3D(string type) => type.EndsWith("3D", StringComparison.Ordinal) || Spatial.Contains(type);

    /// <summary>Whether a class is a Node2D.</summary>
    public static bool IsNode2D(string type) => type.EndsWith("2D", StringComparison.Ordinal) || Flat.Contains(type);

    /// <summary>Whether a class is a Control.</summary>
    public static bool IsControl(string type) =>
        !IsNode2D(type) && (Gui.Contains(type) || GuiEndings.Any(e => type.EndsWith(e, StringComparison.Ordinal)));

    /// <summary>What a property is that nobody has set; nil if it is not known here.</summary>
    public static Variant Of(string type, string property)
    {
        if (IsNode3D(type)) return Node3D(type, property);
        if (IsNode2D(type)) return Node2D(type, property);
        if (IsControl(type)) return Control(type, property);
        return default;
    }

    private static Variant Node3D(string type, string property) => property switch
    {
        "position" or "rotation" or "rotation_degrees" or "global_position" or "global_rotation" or "global_rotation_degrees" => default(Vector3),
        "scale" => new Vector3(1, 1, 1),
        "quaternion" => new Quaternion(0, 0, 0, 1),
        "basis" or "global_basis" => Basis.Identity,
        "transform" or "global_transform" => Transform3D.Identity,
        "rotation_edit_mode" => 0,
        "rotation_order" => 2,
        "visible" => true,
        "top_level" => false,
        "velocity" when type == "CharacterBody3D" => default(Vector3),
        "linear_velocity" or "angular_velocity" when type is "RigidBody3D" or "VehicleBody3D" => default(Vector3),
        "freeze" or "sleeping" when type is "RigidBody3D" or "VehicleBody3D" => false,
        "text" when type == "Label3D" => "",
        "light_energy" when type.EndsWith("Light3D", StringComparison.Ordinal) => 1.0,
        "light_color" when type.EndsWith("Light3D", StringComparison.Ordinal) => new Color(1, 1, 1, 1),
        "frame" when type is "Sprite3D" or "AnimatedSprite3D" => 0,
        _ => default,
    };

    private static Variant Node2D(string type, string property) => property switch
    {
        "position" or "global_position" => default(Vector2),
        "rotation" or "rotation_degrees" or "global_rotation" or "global_rotation_degrees" or "skew" or "global_skew" => 0.0,
        "scale" or "global_scale" => new Vector2(1, 1),
        "transform" or "global_transform" => Variant.DefaultOf(VariantType.Transform2D),
        "velocity" when type == "CharacterBody2D" => default(Vector2),
        "linear_velocity" when type == "RigidBody2D" => default(Vector2),
        "angular_velocity" when type == "RigidBody2D" => 0.0,
        "freeze" or "sleeping" when type == "RigidBody2D" => false,
        "flip_h" or "flip_v" when type is "Sprite2D" or "AnimatedSprite2D" => false,
        "frame" when type is "Sprite2D" or "AnimatedSprite2D" => 0,
        "animation" when type == "AnimatedSprite2D" => new StringName("default"),
        _ => CanvasItem(property),
    };

    private static Variant Control(string type, string property) => property switch
    {
        "position" or "global_position" or "size" or "pivot_offset" or "custom_minimum_size" => default(Vector2),
        "rotation" or "rotation_degrees" => 0.0,
        "scale" => new Vector2(1, 1),
        "text" when type is "Label" or "RichTextLabel" or "LineEdit" or "TextEdit" or "CodeEdit" or "Button" or "CheckBox" or "CheckButton" => "",
        "disabled" or "button_pressed" when type.EndsWith("Button", StringComparison.Ordinal) || type == "CheckBox" => false,
        "value" when type.EndsWith("Slider", StringComparison.Ordinal) || type.EndsWith("ProgressBar", StringComparison.Ordinal) || type == "SpinBox" => 0.0,
        "color" when type == "ColorRect" => new Color(1, 1, 1, 1),
        _ => CanvasItem(property),
    };

    private static Variant CanvasItem(string property) => property switch
    {
        "visible" => true,
        "modulate" or "self_modulate" => new Color(1, 1, 1, 1),
        "z_index" => 0,
        "top_level" => false,
        _ => default,
    };
}
