//! How a sum over the stores comes from [their table](super::table).

/// Declares an enum with a variant for each store, after those of its own.
macro_rules! sum {
    (
        stores { $($(#[$store_doc:meta])* $Store:ident($Descriptor:ty) = $number:literal,)* }
        $(#[$doc:meta])*
        pub enum $Sum:ident of $Part:ident {
            $($(#[$own_doc:meta])* $Own:ident($own:ty),)*
        }
    ) => {
        $(#[$doc])*
        pub enum $Sum {
            $($(#[$own_doc])* $Own($own),)*
            $($(#[$store_doc])* $Store($Part<$Descriptor>),)*
        }

        $(impl From<$own> for $Sum {
            fn from(own: $own) -> Self {
                Self::$Own(own)
            }
        })*

        $(impl From<$Part<$Descriptor>> for $Sum {
            fn from(of_store: $Part<$Descriptor>) -> Self {
                Self::$Store(of_store)
            }
        })*
    };
}

/// Digests a sum as run files have it: what is of a store after the store's number, counted from `first`; all else as what it is.
macro_rules! serialize_by_number {
    (
        stores { $($(#[$store_doc:meta])* $Store:ident($Descriptor:ty) = $number:literal,)* }
        $Sum:ident from $first:literal, own $($Own:ident)*
    ) => {
        impl Serialize for $Sum {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$Own(own) => own.serialize(serializer),)*
                    $(Self::$Store(of_store) => serializer.serialize_newtype_variant(
                        stringify!($Sum), $first + $number, stringify!($Store), of_store,
                    ),)*
                }
            }
        }
    };
}

/// Does the same to whichever store's variant a value of a sum is.
macro_rules! each {
    (
        stores { $($(#[$store_doc:meta])* $Store:ident($Descriptor:ty) = $number:literal,)* }
        $sum:expr, $Sum:ident, $of_store:ident => $then:expr $(, $own:pat => $instead:expr)* $(,)?
    ) => {
        match $sum {
            $($Sum::$Store($of_store) => $then,)*
            $($own => $instead,)*
        }
    };
}

pub(crate) use {each, serialize_by_number, sum};
