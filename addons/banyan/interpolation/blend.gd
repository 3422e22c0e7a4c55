extends RefCounted
## Values between two values, by what they mean.


## True if there is anything between two values of this type.
static func has_between(value: Variant) -> bool:
	match typeof(value):
		TYPE_FLOAT, TYPE_VECTOR2, TYPE_VECTOR3, TYPE_VECTOR4, TYPE_QUATERNION, TYPE_BASIS, TYPE_TRANSFORM2D, TYPE_TRANSFORM3D, TYPE_COLOR:
			return true
	return false


## The value at [param weight] from [param a] (0) to [param b] (1); beyond 1 it goes on as it went. [param property] tells
## angles from other numbers.
static func between(a: Variant, b: Variant, weight: float, property: NodePath) -> Variant:
	if typeof(a) != typeof(b) or not has_between(a):
		return a if weight < 1.0 else b
	match typeof(a):
		TYPE_FLOAT:
			match property.get_subname(0):
				&"rotation", &"global_rotation":
					return lerp_angle(a, b, weight)
				&"rotation_degrees", &"global_rotation_degrees":
					return rad_to_deg(lerp_angle(deg_to_rad(a), deg_to_rad(b), weight))
			return lerpf(a, b, weight)
		TYPE_VECTOR3:
			match property.get_subname(0):
				&"rotation", &"global_rotation":
					return _between_angles(a, b, weight)
				&"rotation_degrees", &"global_rotation_degrees":
					return _to_degrees(_between_angles(_to_radians(a), _to_radians(b), weight))
			return a.lerp(b, weight)
		TYPE_QUATERNION:
			return a.normalized().slerp(b.normalized(), weight)
		TYPE_BASIS:
			return Transform3D(a, Vector3.ZERO).interpolate_with(Transform3D(b, Vector3.ZERO), weight).basis
		TYPE_TRANSFORM2D, TYPE_TRANSFORM3D:
			return a.interpolate_with(b, weight)
		TYPE_COLOR:
			return a.lerp(b, minf(weight, 1.0))
	return a.lerp(b, weight)


## How far two values are from each other, where that is a distance in space; else 0.
static func distance(a: Variant, b: Variant, property: NodePath) -> float:
	if typeof(a) != typeof(b):
		return 0.0
	match typeof(a):
		TYPE_VECTOR2, TYPE_VECTOR3:
			return a.distance_to(b) if property.get_subname(0) in [&"position", &"global_position"] else 0.0
		TYPE_TRANSFORM2D, TYPE_TRANSFORM3D:
			return a.origin.distance_to(b.origin)
	return 0.0


# The short way round, which single angles would not find.
static func _between_angles(a: Vector3, b: Vector3, weight: float) -> Vector3:
	return Basis(Quaternion.from_euler(a).slerp(Quaternion.from_euler(b), weight)).get_euler()


static func _to_radians(degrees: Vector3) -> Vector3:
	return Vector3(deg_to_rad(degrees.x), deg_to_rad(degrees.y), deg_to_rad(degrees.z))


static func _to_degrees(radians: Vector3) -> Vector3:
	return Vector3(rad_to_deg(radians.x), rad_to_deg(radians.y), rad_to_deg(radians.z))
